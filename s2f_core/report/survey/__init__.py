"""A blind survey: people say of pictures whether they are real or generated.

``sample`` picks the pictures, ``page`` writes the page, ``answers`` reads the answers and ``rates``
counts them.
"""
