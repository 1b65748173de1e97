"""The keyless demo model: a fixed grammar over the conversation, not a language model, and labelled so."""
