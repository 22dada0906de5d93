/** What makes a spec a good one, what its references mean, and which of its texts are secrets. */
package dev.mooring.app.spec.rule;
