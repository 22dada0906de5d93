/** What the API's own description says of every operation alike; applied once, by the build. */
package dev.mooring.web.openapi;
