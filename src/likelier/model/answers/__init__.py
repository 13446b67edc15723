"""What can be asked of a fit: errors, tests, predictions, scores, pictures; one file a question."""
