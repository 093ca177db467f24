"""The setup wizard: what a business has, what it lacks, and where each missing piece is added. It keeps nothing of its own."""
