"""What is remembered of a person across conversations: facts they told, and what was said."""
