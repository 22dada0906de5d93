/** How a spec names its databases, and what becomes of it when one is converted or upgraded. */
package dev.mooring.app.binding;
