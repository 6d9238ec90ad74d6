"""The newsroom sets: articles and questions written for gisa, for training, fitting and measuring."""
