"""From what MVT said to what it would show: findings, evidence classes, review and the detection status."""
