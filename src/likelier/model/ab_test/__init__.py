"""A/B tests: the question, its outcome, and one adjusted for covariates."""
