"""Choose a distribution for the target; its negative log-likelihood is the loss."""

__version__ = "0.1.0"
