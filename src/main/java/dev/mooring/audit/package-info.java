/** Who changed what, from where and when. Nobody depends on this: what it needs to know is left for it with each request. */
@NullMarked
package dev.mooring.audit;

import org.jspecify.annotations.NullMarked;
