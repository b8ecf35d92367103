"""What the page of the latent-space lab says: its sections, with what there is to know, and captions."""

ERRORS = {  # of a section: the caption of a table, and its columns as above
    "Samples and holes": (
        "Gap and holes, with their standard errors over draws",
        {
            "KL(q(z) || r(z)) (bits)": ("marginal_kl", {}),
            "its standard error (bits)": ("marginal_kl_error", {}),
            "holes (share)": ("hole_share", {}),
            "its standard error": ("hole_share_error", {}),
        },
    ),
    "Likelihood": (
        "log p(x), and how far above the bound, with standard errors over examples, which all members share",
        {
            "log p(x) (bits)": ("log_likelihood", {}),
            "its standard error (bits)": ("log_likelihood_error", {}),
            "above the bound (bits)": ("likelihood_gap", {}),
            "its standard error": ("likelihood_gap_error", {}),
        },
    ),
    "Moving about": (
        "Swaps, with the standard error of a share over the examples",
        {"swaps right (share)": ("swap_accuracy", {}), "standard error": ("swap_accuracy_error", {})},
    ),
}
SECTIONS = {  # title: (what to know, {figure: (title, caption)})
    "The codes": (
        "A dimension is active where the mean of its posterior moves with the input (variance above 0.01), and has "
        "collapsed where its KL to N(0, 1) stays below 0.01 nats for 99 % of the inputs. The intrinsic dimension is "
        "read from the distances to two nearest neighbours; that of a collapsed code is the shape of its noise.",
        {
            "dimensions": ("Dimensions in use", "Active units, dimensions that the codes fill, and collapsed ones."),
            "rates": (
                "Rate of each dimension",
                "Its KL to N(0, 1): sorted within each member, then averaged over seeds.",
            ),
            "rate_parts": (
                "What the rate is made of",
                "Index-code information, total correlation and dimension-wise KL of the training codes. They sum to "
                "the rate of those; the one in the table is of test examples. At its ceiling, the logarithm of the "
                "number of codes, the first is cut and the second takes the rest.",
            ),
            "maps": ("Maps", "Codes in the plane; distances between groups in t-SNE and UMAP mean little."),
            "posteriors": ("Posteriors", "One standard deviation of q(z|x) for each example."),
            "manifold": ("The plane", "Decoded quantiles of the prior."),
        },
    ),
    "Samples and holes": (
        "A hole is where the prior draws and the aggregate posterior is less dense than at 99 % of held-out codes; a "
        "prior without holes falls there 1 % of the time. Where codes are so sharp that the index-code information is "
        "at its ceiling, the gap is that of single training codes rather than of the population, and holes only "
        "compare draws of the prior with held-out codes. Quality is measured on principal components of pixels: "
        "Fréchet distances compare within this page only.",
        {
            "samples": ("Samples", "From the prior, the aggregate posterior, and a mixture fitted to it."),
            "sample_quality": ("Quality of samples", "Distance to test images, precision and recall."),
            "gap_and_holes": ("Gap and holes", "How far the aggregate posterior is from the prior."),
            "holes": ("Draws of the prior", "Those of the highest density ratio, and the deepest in holes."),
        },
    ),
    "Likelihood": (
        "The negative of distortion + rate is a lower bound of log p(x); importance weighting with 5000 draws gives a "
        "tighter one. How much tighter is measured on 64 of the test examples, evenly spaced, and added to the first "
        "bound, of all test examples: so log p(x) is of the same examples as rate and distortion.",
        {"likelihood": ("log p(x)", "Of test examples, and how far above the negative of distortion + rate.")},
    ),
    "Against another run": (
        "Both through all their stages: rate and distortion are of test images, pixels to pixels.",
        {"trade": ("At equal rates", "Distortion and quality of samples of the prior; a point a member.")},
    ),
    "Moving about": (
        "Paths are measured in pixel space: 1 is a cross-fade.",
        {
            "traversals": (
                "Traversals",
                "Dimensions by falling KL to N(0, 1), their share of the rate where that is r(z).",
            ),
            "paths": ("Paths", "Cross-fade of pixels, straight line and arc between codes."),
            "grid": ("A grid", "Between four test examples at the corners."),
            "swaps": ("Arithmetic", "The example, then its code moved to each of the first ten classes."),
            "edits": ("Edits", "The example, then its code moved from low to high values of a factor."),
            "smoothness": ("Smoothness and arithmetic", "Over beta."),
        },
    ),
    "Neighbours": (
        "Each test example among the training ones; by its code, and by its pixels.",
        {
            "neighbours": ("Nearest neighbours", "The example first."),
            "agreement": ("Agreement", "Share of the ten nearest that have the label."),
        },
    ),
    "Anomalies": (
        "Outliers against test examples. The intervals in the table are those over seeds; results.nc has those over "
        "examples.",
        {
            "anomaly": ("Telling outliers", "Area under the ROC curve by score."),
            "anomalies": ("Usual and odd", "By each score."),
        },
    ),
    "Factors": (
        "Scores of disentanglement with the discretiser and classifiers pinned in vib.latent.disentanglement. "
        "Modularity of pure noise is 0.4 to 0.75, and of constant codes it is none: read it beside MIG.",
        {
            "disentanglement": ("Disentanglement", "Scores, and what a ridge regression reads of each factor."),
            "factors": ("Dimension and factor", "Mutual information, first finite seed."),
            "importance": ("Importance of a dimension for a factor", "As DCI takes it, first finite seed."),
        },
    ),
    "Probes": (
        "Frozen codes against the inputs themselves and as many of their principal components.",
        {
            "probes": ("Accuracy by number of labels", "Mean over two draws of the labels."),
            "regressions": (
                "Regression by number of examples",
                "Ridge regression; R² below minus 0.3 is off the scale.",
            ),
        },
    ),
}
