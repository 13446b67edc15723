"""Standard errors, intervals, tests and profile likelihoods."""
