"""How people come from a list to a first booking: counted, drawn, and taken along."""
