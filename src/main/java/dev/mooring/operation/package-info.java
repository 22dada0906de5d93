/**
 * The operation table and its engine: long work as rows, leased to workers, done step by step.
 *
 * <p>An operation is a row that says what was asked (the wish), at which step it is, what it knows so far (the facts) and
 * who holds it. Its {@link dev.mooring.operation.Program} has one method per step. The engine knows nothing of databases.
 *
 * <pre>
 *   queued ──claim──> running ──Go──> running (next step; Again: the same)
 *     ^                  │ ├──Wait──> queued, due later, or when another one has ended
 *     └──lease expired───┘ ├──Done──> done | failed | cancelled (after the program's roll-back step)
 *                          └──exception──> queued with back-off, after too many: the roll-back step
 * </pre>
 */
@NullMarked
package dev.mooring.operation;

import org.jspecify.annotations.NullMarked;
