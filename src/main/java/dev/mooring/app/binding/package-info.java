/** How a spec names its databases, and what becomes of it when one is converted or upgraded. */
@NullMarked
package dev.mooring.app.binding;

import org.jspecify.annotations.NullMarked;
