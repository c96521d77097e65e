"""What words say, whatever text they stand in: sentences, names, days, quantities, languages."""
