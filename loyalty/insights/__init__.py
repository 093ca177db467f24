"""What the points of a business add up to: by day, by origin and age, by customer."""
