"""`planloom review`: what runs did, on the terminal or as one HTML file; from a server over HTTP, or from LangSmith."""
