/** Apps and their deployments: DigitalOcean's App Platform API over specs, databases and a runtime of this machine. */
package dev.mooring.app;
