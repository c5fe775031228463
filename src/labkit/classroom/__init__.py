"""What teachers use: build notebooks from the labs' sources and open them."""
