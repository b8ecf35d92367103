"""What one does in a latent space: look into it, sample it, move in it, measure it. Arrays and encode/decode in."""
