/** Connections that take more than they give: how long one may be open without a request, how slow, how many of one address. */
@NullMarked
package dev.mooring.web.guard;

import org.jspecify.annotations.NullMarked;
