/** What those are given who run the components of apps themselves. */
@NullMarked
package dev.mooring.app.handover;

import org.jspecify.annotations.NullMarked;
