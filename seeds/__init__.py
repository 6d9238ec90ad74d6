"""What is on disk before the first question: articles and model weights."""
