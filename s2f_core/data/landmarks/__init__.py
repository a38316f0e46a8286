"""Where things are in a photo: faces and their points, bodies and their joints."""
