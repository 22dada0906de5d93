/** Who is calling, as DigitalOcean shows an account and its project. */
package dev.mooring.access.account;
