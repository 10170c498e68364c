"""Running MVT's commands and writing down what every module did."""
