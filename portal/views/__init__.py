"""The customer's pages. A link identifies and never signs in; opening one changes nothing."""
