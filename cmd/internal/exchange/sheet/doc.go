// Package sheet reads and writes Excel workbooks (.xlsx) as rows of cells.
//
// It reads one sheet from its first row to its last without holding more than a
// row, apart from the strings that the sheets share, and tells what a person
// would see beside the values: hidden rows and columns, formulas, errors. A
// number becomes its decimal text and a date its calendar date, without
// floating point in between. Nothing of a workbook is ever unpacked to a file.
package sheet
