// Asks with the client that was made of the API's description.
package main

import (
	"context"
	"fmt"
	"log"
	"net/http"
	"os"

	"mooring/e2e/generated/client"
)

func main() {
	token := func(_ context.Context, request *http.Request) error {
		request.Header.Set("Authorization", "Bearer "+os.Getenv("MOORING_TOKEN"))
		return nil
	}
	api, err := client.NewClientWithResponses(os.Getenv("MOORING_URL"), client.WithRequestEditorFn(token))
	if err != nil {
		log.Fatal(err)
	}
	missing, err := api.DatabasesGetWithResponse(context.Background(), "nobody")
	if err != nil {
		log.Fatal(err)
	}
	if missing.JSON404 == nil || *missing.JSON404.Id != "not_found" {
		log.Fatalf("an error was expected, with its body: %s", missing.Body)
	}
	size := int32(5)
	clusters, err := api.DatabasesListWithResponse(context.Background(), &client.DatabasesListParams{PerPage: &size})
	if err != nil || clusters.JSON200 == nil {
		log.Fatal(err, string(clusters.Body))
	}
	fmt.Printf("clusters: %d\n", *clusters.JSON200.Meta.Total)
}
