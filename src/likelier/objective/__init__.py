"""The penalised negative log-likelihood assembled from its parts."""
