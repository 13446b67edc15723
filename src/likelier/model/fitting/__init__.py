"""From a formula, a table and a family to estimates."""
