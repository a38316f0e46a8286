"""Landmarks in photos: faces and their points, bodies and their joints."""
