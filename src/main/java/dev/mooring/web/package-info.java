/** What every endpoint shares: errors, paging, request ids, rate-limit headers, formats. Imports nothing of ours. */
@NullMarked
package dev.mooring.web;

import org.jspecify.annotations.NullMarked;
