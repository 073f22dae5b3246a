"""How a detector's answers change when a post is altered as posts are on their way through platforms."""
