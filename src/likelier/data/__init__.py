"""Tables and arrays read into checked columns and design matrices."""
