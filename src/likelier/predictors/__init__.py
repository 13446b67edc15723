"""Maps from covariates to distribution parameters."""
