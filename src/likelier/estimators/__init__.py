"""scikit-learn estimators wrapped around `fit`."""
