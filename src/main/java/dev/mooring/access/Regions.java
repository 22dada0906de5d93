package dev.mooring.access;

import jakarta.enterprise.context.ApplicationScoped;
import java.util.Arrays;
import java.util.List;
import org.eclipse.microprofile.config.inject.ConfigProperty;

/**
 * The region slugs that are accepted. They all mean this installation: every tutorial and Terraform file names one of
 * DigitalOcean's, so these are the default.
 */
@ApplicationScoped
public class Regions {

    private final List<String> slugs;

    Regions(
            @ConfigProperty(
                            name = "mooring.regions",
                            defaultValue = "nyc1,nyc2,nyc3,ams3,sfo2,sfo3,sgp1,lon1,fra1,tor1,blr1,syd1,atl1")
                    String slugs) {
        this.slugs = Arrays.stream(slugs.split(",")).map(String::strip).toList();
    }

    public List<String> slugs() {
        return slugs;
    }

    public boolean has(String slug) {
        return slugs.contains(slug);
    }
}
