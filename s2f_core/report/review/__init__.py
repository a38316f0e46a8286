"""The page on which a person looks through images and decides what to keep or drop."""
