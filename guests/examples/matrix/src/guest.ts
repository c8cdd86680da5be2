import { exportsLinear as types, Result } from "./matrix";

type Matrix = types.Matrix;
type Failure = types.Error_;

const MOST: u32 = 256;
/** A pivot that is smaller than this part of the largest number is rounding and nothing else. */
const SMALLEST_PIVOT: f64 = 1e-14;

function shape(given: Matrix): types.Shape {
  return new types.Shape(given.rows, given.columns);
}

function fail<T>(failure: Failure): Result<T, Failure> {
  return Result.err<T, Failure>(failure);
}

/** What is wrong with a matrix; null when nothing is. */
function problem(given: Matrix): Failure | null {
  if (given.rows == 0 || given.columns == 0 || given.rows > MOST || given.columns > MOST) return types.Error_.size(shape(given));
  if (<u32>given.values.length != given.rows * given.columns) return types.Error_.count(given.values.length);
  for (let i = 0; i < given.values.length; i++) {
    if (!isFinite(given.values[i])) return types.Error_.notFinite(i);
  }
  return null;
}

function problemOfSquare(given: Matrix): Failure | null {
  const wrong = problem(given);
  return wrong != null ? wrong : given.rows != given.columns ? types.Error_.notSquare(shape(given)) : null;
}

function mismatch(left: Matrix, right: Matrix): Failure {
  return types.Error_.mismatch(new types.Shapes(shape(left), shape(right)));
}

/** The answer, unless it has become too large. */
function finished(rows: u32, columns: u32, values: Array<f64>): Result<Matrix, Failure> {
  for (let i = 0; i < values.length; i++) {
    if (!isFinite(values[i])) return fail<Matrix>(types.Error_.overflow());
  }
  return Result.ok<Matrix, Failure>(new types.Matrix(rows, columns, values));
}

function swapRows(values: Array<f64>, width: i32, one: i32, other: i32): void {
  for (let i = 0; i < width; i++) {
    const value = values[one * width + i];
    values[one * width + i] = values[other * width + i];
    values[other * width + i] = value;
  }
}

/** Takes a row times a factor away from another one. */
function subtract(values: Array<f64>, width: i32, from: i32, row: i32, factor: f64): void {
  for (let i = 0; i < width; i++) values[from * width + i] -= factor * values[row * width + i];
}

function largest(values: Array<f64>): f64 {
  let most = 0.0;
  for (let i = 0; i < values.length; i++) most = Math.max(most, Math.abs(values[i]));
  return most;
}

/**
 * Brings a square matrix to the form of a triangle, and does the same to the rows beside it.
 * Gives the determinant; 0 when a column has no pivot.
 */
function eliminate(a: Array<f64>, size: i32, b: Array<f64>, width: i32): f64 {
  const least = largest(a) * SMALLEST_PIVOT;
  let determinant = 1.0;
  for (let column = 0; column < size; column++) {
    let pivot = column;
    for (let row = column + 1; row < size; row++) {
      if (Math.abs(a[row * size + column]) > Math.abs(a[pivot * size + column])) pivot = row;
    }
    if (Math.abs(a[pivot * size + column]) <= least) return 0;
    if (pivot != column) {
      swapRows(a, size, column, pivot);
      swapRows(b, width, column, pivot);
      determinant = -determinant;
    }
    determinant *= a[column * size + column];
    for (let row = column + 1; row < size; row++) {
      const factor = a[row * size + column] / a[column * size + column];
      if (factor == 0) continue;
      subtract(a, size, row, column, factor);
      subtract(b, width, row, column, factor);
    }
  }
  return determinant;
}

/** Solves with a square matrix whose problems were looked for. Both arrays are used up. */
function solveWith(a: Array<f64>, size: i32, b: Array<f64>, width: i32): Result<Matrix, Failure> {
  if (eliminate(a, size, b, width) == 0) return fail<Matrix>(types.Error_.singular());
  for (let row = size - 1; row >= 0; row--) {
    for (let below = row + 1; below < size; below++) subtract(b, width, row, below, a[row * size + below]);
    for (let i = 0; i < width; i++) b[row * width + i] /= a[row * size + row];
  }
  return finished(size, width, b);
}

export namespace linear {
  export function multiply(left: Matrix, right: Matrix): Result<Matrix, Failure> {
    const ofLeft = problem(left);
    if (ofLeft != null) return fail<Matrix>(ofLeft);
    const ofRight = problem(right);
    if (ofRight != null) return fail<Matrix>(ofRight);
    if (left.columns != right.rows) return fail<Matrix>(mismatch(left, right));
    const rows = <i32>left.rows, inner = <i32>left.columns, columns = <i32>right.columns;
    const values = new Array<f64>(rows * columns);
    for (let row = 0; row < rows; row++) {
      for (let column = 0; column < columns; column++) {
        let sum = 0.0;
        for (let i = 0; i < inner; i++) sum += left.values[row * inner + i] * right.values[i * columns + column];
        values[row * columns + column] = sum;
      }
    }
    return finished(left.rows, right.columns, values);
  }

  export function transpose(given: Matrix): Result<Matrix, Failure> {
    const wrong = problem(given);
    if (wrong != null) return fail<Matrix>(wrong);
    const rows = <i32>given.rows, columns = <i32>given.columns;
    const values = new Array<f64>(rows * columns);
    for (let row = 0; row < rows; row++) {
      for (let column = 0; column < columns; column++) values[column * rows + row] = given.values[row * columns + column];
    }
    return finished(given.columns, given.rows, values);
  }

  export function determinant(given: Matrix): Result<f64, Failure> {
    const wrong = problemOfSquare(given);
    if (wrong != null) return fail<f64>(wrong);
    const found = eliminate(given.values, given.rows, new Array<f64>(0), 0);
    return isFinite(found) ? Result.ok<f64, Failure>(found) : fail<f64>(types.Error_.overflow());
  }

  export function invert(given: Matrix): Result<Matrix, Failure> {
    const wrong = problemOfSquare(given);
    if (wrong != null) return fail<Matrix>(wrong);
    const size = <i32>given.rows;
    const unit = new Array<f64>(size * size);
    for (let i = 0; i < size; i++) unit[i * size + i] = 1;
    return solveWith(given.values, size, unit, size);
  }

  export function solve(a: Matrix, b: Matrix): Result<Matrix, Failure> {
    const wrong = problemOfSquare(a);
    if (wrong != null) return fail<Matrix>(wrong);
    const ofB = problem(b);
    if (ofB != null) return fail<Matrix>(ofB);
    if (a.rows != b.rows) return fail<Matrix>(mismatch(a, b));
    return solveWith(a.values, a.rows, b.values, b.columns);
  }
}
