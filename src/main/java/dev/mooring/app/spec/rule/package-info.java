/** What makes a spec a good one, what its references mean, and which of its texts are secrets. */
@NullMarked
package dev.mooring.app.spec.rule;

import org.jspecify.annotations.NullMarked;
