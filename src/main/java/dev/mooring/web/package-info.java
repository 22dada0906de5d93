/** What every endpoint shares: errors, paging, request ids, rate-limit headers, formats. Imports nothing of ours. */
package dev.mooring.web;
