"""The numbers of a member, by what they need."""

CODES = {"intrinsic_dimension"}
LABELS = {"probe_accuracy", "probe_neighbour_accuracy", "neighbour_agreement"}
DENSITY = {
    "dimension_rate", "active_units", "collapsed_share", "index_code_information", "index_code_ceiling",
    "code_correlation", "dimension_wise_kl", "marginal_kl", "hole_share", "hole_share_error",
    "index_code_information_error", "code_correlation_error", "dimension_wise_kl_error", "marginal_kl_error",
}  # fmt: skip
SEPARATIONS = {f"{name}{end}" for name in ("auroc", "aupr") for end in ("", "_low", "_high")}
PATH, SWAPS = {"path_ratio"}, {"swap_accuracy", "swap_accuracy_error"}
LIKELIHOOD = {
    "image_rate", "image_distortion", "log_likelihood", "likelihood_gap",
    "image_rate_error", "image_distortion_error", "log_likelihood_error", "likelihood_gap_error",
    "sample_frechet", "sample_precision", "sample_recall",
}  # fmt: skip
FACTORS = {"disentanglement", "factor_information", "factor_importance", "factor_r2"}
OF_VAE = CODES | DENSITY | PATH | LIKELIHOOD
REGRESSED = {f"{name}_{of}" for name in ("factor_r2", "probe_regression") for of in ("pixels", "components")}
