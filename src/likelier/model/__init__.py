"""`fit`, the `Fit` it returns, `compare`, and saving and loading."""
