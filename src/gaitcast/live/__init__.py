"""A page that shows a bundle at work: ``gaitcast live``."""
