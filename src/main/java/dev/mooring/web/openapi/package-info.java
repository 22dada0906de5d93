/** What the API's own description says of every operation alike; applied once, by the build. */
@NullMarked
package dev.mooring.web.openapi;

import org.jspecify.annotations.NullMarked;
