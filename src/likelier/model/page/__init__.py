"""A fit told as a page: sentences, pictures, worst rows, code."""
