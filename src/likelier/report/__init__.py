"""Tables, summary text, plots and the HTML page, drawn from plain results."""
