/** Apps and their deployments: DigitalOcean's App Platform API over specs, databases and a runtime of this machine. */
@NullMarked
package dev.mooring.app;

import org.jspecify.annotations.NullMarked;
