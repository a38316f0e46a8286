"""What every room uses: errors, params.yaml, images, devices, processes, atomic writes."""
