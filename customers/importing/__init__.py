"""What a row of somebody's customer list means: columns, values, reasons. Pure: no database, no clock."""
